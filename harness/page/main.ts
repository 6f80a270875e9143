import type { JobResult, MeasuringPage, PageJob } from "../../src/profile/jobs.ts";
import { measuringPage } from "../measure/measuring-page.ts";

declare global {
  interface Window {
    ballast: MeasuringPage;
  }
}

const now = document.createElement("p");
const finished = document.createElement("ol");
now.textContent = "Waiting for `npm run bench` to say what to measure.";
document.body.append(now, finished);

/** One line for a person who opened the page to look. */
const outcome = (result: JobResult): string => (result.kind === "left-out" || result.kind === "device-lost" ? `: ${result.because}` : "");

const show = (job: PageJob, result: JobResult | null): void => {
  now.textContent = result === null ? `Measuring ${job.id}` : "Waiting for the next job.";
  if (result === null) return;
  const line = document.createElement("li");
  line.textContent = `${job.id}${outcome(result)}`;
  finished.append(line);
};

window.ballast = measuringPage(navigator.gpu, show);
