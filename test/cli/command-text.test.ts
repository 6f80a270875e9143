import { expect, it } from "vitest";
import { commandText } from "../../cli/command-text.ts";

it.each<[string[], string]>([
  [["plan"], "ballast plan"],
  [["plan", "chat.yaml", "--slo", "ttft.p99<=1s tpot.p99<=80ms"], "ballast plan chat.yaml --slo 'ttft.p99<=1s tpot.p99<=80ms'"],
  [["plan", "it's here.yaml", "--out", "plan.json", "--json", "--frontier"], "ballast plan 'it'\\''s here.yaml' --frontier"],
  [["plan", "--out=plan.json", "--manifests-out", "apply", "--device=h100.json"], "ballast plan --frontier --device=h100.json"],
  [["plan", "--manifests-out=apply", "--frontier"], "ballast plan --frontier"],
])("of %j is what one types, without where results go: %s", (args, expected) => expect(commandText(args)).toBe(expected));
