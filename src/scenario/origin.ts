import type { Input } from "../provenance.ts";
import type { GivenScenario } from "./parse.ts";

/** Whether a field of the scenario is the user's own or Ballast's default, and then whose word it is. */
export const originOf = ({ given }: GivenScenario, path: string, whose = "Ballast's default"): Pick<Input, "origin" | "source"> => {
  const source = given.get(path);
  return source === undefined ? { origin: "assumed", source: whose } : { origin: "given", source };
};
