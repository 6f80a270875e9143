import type { Reasons } from "./commented.ts";
import type { ScaleTarget } from "./scale-target.ts";

/** What a manifest is for. */
export interface Identity {
  readonly name: string;
  readonly target: ScaleTarget;
  readonly namespace?: string;
}

/** Reasons that a value has by itself; the caller's own come before them. */
export const withReasons = (own: Reasons, given: Reasons): Reasons => ({ ...own, ...given });

export const metadataOf = ({ name, namespace }: Pick<Identity, "name" | "namespace">): object => ({
  name,
  ...(namespace === undefined ? {} : { namespace }),
});
