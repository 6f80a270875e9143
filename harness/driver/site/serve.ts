import { existsSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import sirv from "sirv";
import { InputError } from "../../../src/errors.ts";
import { weightRoute } from "./serve-weights.ts";

export interface Site {
  /** With a slash at the end. */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Serves a folder on loopback, on a port the system chooses, so that a port in use is never met; beside it the file of weights that
 * the page streams.
 *
 * WebGPU needs a secure context, which 127.0.0.1 is; cross-origin isolation raises the page's clock from 100 µs steps to 5 µs.
 *
 * @throws InputError where the folder holds no page
 */
export const serveSite = async (folder: string): Promise<Site> => {
  if (!existsSync(join(folder, "index.html"))) {
    throw new InputError(folder, "expected the built measuring page there, found none", "Run `npm run build`.");
  }
  const answer = sirv(folder, {
    setHeaders: (response) => {
      response.setHeader("Cross-Origin-Opener-Policy", "same-origin");
      response.setHeader("Cross-Origin-Embedder-Policy", "require-corp");
    },
  });
  const weights = weightRoute();
  const server = createServer((request, response) => {
    if (weights.answer(request, response)) return;
    answer(request, response, () => {
      response.statusCode = 404;
      response.end();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen({ host: "127.0.0.1", port: 0 }, resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return {
    url: `http://127.0.0.1:${address.port}/`,
    close: () =>
      new Promise((resolve) => {
        weights.close();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
