/** Saved answers of range queries, by what they hold: `<name>.json` in the folder. */
export const PROMETHEUS_FILES = [
  /** Each server's counter of finished requests. */
  "requests",
  /** Or a rate, in requests per second: of a gateway, for instance. */
  "rate",
  "running",
  "waiting",
  "prompt_tokens",
  "generation_tokens",
  "ttft",
  /** Of each token. */
  "itl",
  /** Of each request, over its tokens. */
  "tpot",
  "e2e",
  "generated",
] as const;
export type PrometheusFile = (typeof PROMETHEUS_FILES)[number];

/** Texts of a folder's files, those that are there. */
export interface PrometheusTexts {
  /** The folder as the user wrote it, for messages. */
  readonly folder: string;
  readonly texts: ReadonlyMap<PrometheusFile, string>;
}

export const fileName = (name: PrometheusFile): string => `${name}.json`;
export const placeOf = (folder: string, name: PrometheusFile): string => `${folder.replace(/\/+$/u, "")}/${fileName(name)}`;
