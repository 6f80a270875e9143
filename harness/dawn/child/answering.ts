import type { Description, JobResult, MeasuringPage } from "../../../src/profile/jobs.ts";
import type { Question, Told } from "../messages.ts";

const tell = (told: Told): void => void process.send?.(told);

const answerTo = (question: Question, page: MeasuringPage): Promise<Description | JobResult | (JobResult | null)[]> => {
  switch (question.call) {
    case "describe":
      return page.describe();
    case "run":
      return page.run(question.job);
    case "runTogether":
      return page.runTogether(question.jobs, question.within, (index, result) =>
        tell({ kind: "progress", number: question.number, index, result }),
      );
    default:
      return question satisfies never;
  }
};

/** Answers the questions of the process that started this one, and ends when that one lets go. */
export const answerQuestions = (page: MeasuringPage): void => {
  process.on("message", (question: Question) => {
    const { number } = question;
    answerTo(question, page).then(
      (answer) => tell({ kind: "answer", number, answer }),
      (error: unknown) => tell({ kind: "failure", number, because: error instanceof Error ? error.message : String(error) }),
    );
  });
  process.once("disconnect", () => process.exit());
  tell({ kind: "ready" });
};
