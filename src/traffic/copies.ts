import type { FollowUp, PromptPart, Request, Work } from "./request.ts";
import type { Nanoseconds } from "../units.ts";

/** A request and those that its session sends later. */
const turnsOf = (request: Request): Work[] => {
  const turns: Work[] = [];
  for (let turn: Work | undefined = request; turn !== undefined; turn = turn.next) turns.push(turn);
  return turns;
};

const idsOf = (request: Request): Set<number> =>
  new Set(
    turnsOf(request).flatMap(({ parts = [], outputId }) => [...parts.map(({ id }) => id), ...(outputId === undefined ? [] : [outputId])]),
  );

/**
 * Copies of requests as more of the same traffic: a copy shares with the others what its original shares with others (a system prompt, a
 * document), and has a name of its own for all that was the original's alone, so that no prefix cache answers it for free.
 */
export class Copies {
  private readonly shared = new Set<number>();
  private nextId: number;
  private nextSession: number;

  /** @param requests all that may be copied */
  constructor(requests: readonly Request[]) {
    const seen = new Set<number>();
    let [lastId, lastSession] = [-1, -1];
    for (const request of requests) {
      for (const id of idsOf(request)) {
        if (seen.has(id)) this.shared.add(id);
        seen.add(id);
        lastId = Math.max(lastId, id);
      }
      lastSession = Math.max(lastSession, request.session ?? -1);
    }
    this.nextId = lastId + 1;
    this.nextSession = lastSession + 1;
  }

  /** One more of a request, with all that its session sends later. Its id is for the caller to give. */
  of(request: Request, arrivedAt: Nanoseconds): Request {
    const names = new Map<number, number>();
    const renamed = (id: number): number => {
      if (this.shared.has(id)) return id;
      const name = names.get(id) ?? this.nextId++;
      names.set(id, name);
      return name;
    };
    const session = request.session === undefined ? undefined : this.nextSession++;
    return { ...copied(request, renamed, session), arrivedAt };
  }
}

const copied = <T extends Work>(work: T, renamed: (id: number) => number, session: number | undefined): T => ({
  ...work,
  ...(work.parts === undefined ? {} : { parts: work.parts.map((part): PromptPart => ({ ...part, id: renamed(part.id) })) }),
  ...(work.outputId === undefined ? {} : { outputId: renamed(work.outputId) }),
  ...(session === undefined ? {} : { session }),
  ...(work.next === undefined ? {} : { next: copied<FollowUp>(work.next, renamed, session) }),
});

/** Requests in order of arrival, numbered anew. Of two that arrive together the one that stood first goes first. */
export const inOrder = (requests: readonly Request[]): Request[] =>
  requests
    .map((request, place) => ({ request, place }))
    .sort((a, b) => a.request.arrivedAt - b.request.arrivedAt || a.place - b.place)
    .map(({ request }, id) => ({ ...request, id }));
