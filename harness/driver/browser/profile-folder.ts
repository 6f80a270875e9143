import { makeTemporaryFolder, type TemporaryFolder } from "../site/temporary-folder.ts";

/** An empty folder for a browser's profile: no cache of compiled shaders is warm in it. */
export const makeProfileFolder = (parent?: string): TemporaryFolder => makeTemporaryFolder("ballast-browser-", parent);
