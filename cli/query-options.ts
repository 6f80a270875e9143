import { Command } from "commander";
import { queryScript, rangeQueries } from "../src/validation/queries.ts";
import { positiveNumber, positiveWholeNumber } from "./options.ts";

/** What `ballast traffic queries` is told, and `validate --queries` by default. */
export interface QueriesOptions {
  readonly url?: string;
  readonly selector?: string;
  readonly hours?: number;
  readonly scrape?: number;
  readonly folder?: string;
}

export const withQueryOptions = (command: Command): Command =>
  command
    .option("--url <url>", "of your Prometheus, or what answers as it does (default: http://localhost:9090)")
    .option("--selector <matchers>", 'labels of one model\'s servers, such as \'model_name="chat",namespace="prod"\' (default: none)')
    .option("--hours <n>", "how much of it, in hours (default: 24)", positiveNumber)
    .option("--scrape <s>", "how often it scrapes the servers, in seconds (default: 15)", positiveWholeNumber)
    .option("--folder <folder>", "where the answers are to be saved (default: prometheus)");

/** The commands that save what traffic, and a fleet's validation, are read from. */
export const queriesText = (
  { url = "http://localhost:9090", selector = "", hours = 24, scrape = 15, folder = "prometheus" }: QueriesOptions,
  isFleet: boolean,
): string => {
  const options = { selector, scrape, range: Math.max(scrape, Math.floor((hours * 3600) / scrape) * scrape), isFleet };
  return queryScript(rangeQueries(options), options, url, folder);
};
