import { routerSchema, type RouterSettings } from "../../fleet/settings.ts";
import type { Request } from "../../traffic/request.ts";
import { noEffect, interventionsOf, type LeverContext, type Intervention, type Interventions } from "./intervention.ts";

/** Routers that send what belongs together to one place. */
const LOCAL: readonly RouterSettings["kind"][] = ["prefix-aware", "session-affinity", "consistent-hash"];
/** Routers that do not look at load. */
const BLIND: readonly RouterSettings["kind"][] = ["random", "round-robin"];

/** Whether any two requests begin alike: turns of a session, or prompts with a part of the same name. */
const haveSharedPrefixes = (requests: readonly Request[]): boolean => {
  const seen = new Set<number>();
  for (const { parts = [], next } of requests) {
    if (next !== undefined) return true;
    const [first] = parts;
    if (first === undefined) continue;
    if (seen.has(first.id)) return true;
    seen.add(first.id);
  }
  return false;
};

const haveSessions = (requests: readonly Request[]): boolean =>
  requests.some(({ next, session }) => next !== undefined || session !== undefined);

/** Requests go where the beginning of their prompt is cached; where none is shared, at least by load. */
export const placement = ({ setup, requests }: LeverContext): Interventions => {
  const { kind } = setup.router ?? { kind: "least-outstanding" };
  const intervention = (to: RouterSettings["kind"], because = ""): Intervention => ({
    lever: "placement",
    from: `router ${kind}`,
    to: `router ${to}${because}`,
    setup: (each) => ({ ...each, router: routerSchema.parse({ kind: to }) }),
    isForFixed: true,
  });
  if (LOCAL.includes(kind)) return noEffect("placement", `router ${kind} goes by locality already`);
  const shared = haveSharedPrefixes(requests);
  if (shared && setup.replica.enablePrefixCaching)
    return interventionsOf(intervention("prefix-aware"), ...(haveSessions(requests) ? [intervention("session-affinity")] : []));
  const why = shared ? "prefix caching is off" : "no two requests share a prefix or a session";
  return BLIND.includes(kind)
    ? interventionsOf(intervention("least-outstanding", `, since ${why}`))
    : noEffect("placement", `${why}, and router ${kind} goes by load already`);
};
