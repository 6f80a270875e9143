import type { Profile } from "./schema.ts";

/** Condition and runtime as part of a file's or folder's name: `web`, `native-like-dawn`. Chrome, the runtime that counts, goes unsaid. */
export const settingName = ({ condition, runtime }: Pick<Profile, "condition" | "runtime">): string =>
  runtime === "chrome" ? condition : `${condition}-${runtime}`;
