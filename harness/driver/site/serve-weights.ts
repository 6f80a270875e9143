import type { IncomingMessage, ServerResponse } from "node:http";
import {
  LARGEST_WEIGHT_FILE,
  WEIGHT_FILE_PATH,
  WEIGHT_FILE_STEP,
  type MadeWeightFile,
  type ReadWeightFile,
} from "../../../src/profile/weight-file.ts";
import type { Bytes } from "../../../src/units.ts";
import { makeWeightFile, NoRoom, type WeightFile } from "./weight-file.ts";

/** Answers requests for the file of weights (src/profile/weight-file.ts); it makes one only when asked to. */
export interface WeightRoute {
  /** Whether the request was for it. */
  answer(request: IncomingMessage, response: ServerResponse): boolean;
  /** Removes the file. */
  close(): void;
}

const say = (response: ServerResponse, status: number, text: string): void => {
  response.writeHead(status, { "Content-Type": "text/plain; charset=utf-8" }).end(text);
};
const sayJson = (response: ServerResponse, value: unknown): void => {
  response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify(value));
};

/** First and last byte asked for. Null where the header is none that can be met. */
export const rangeOrNull = (header: string | undefined, bytes: Bytes): readonly [first: Bytes, last: Bytes] | null => {
  if (header === undefined) return [0, bytes - 1];
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(header) ?? [];
  const range = [Number(first), Number(last)] as const;
  return range[0] <= range[1] && range[1] < bytes ? range : null;
};

const stream = (file: WeightFile, request: IncomingMessage, response: ServerResponse): void => {
  const range = rangeOrNull(request.headers.range, file.bytes);
  if (range === null) return say(response, 416, `expected a range within ${file.bytes} bytes, got ${request.headers.range}`);
  const [first, last] = range;
  response.writeHead(request.headers.range === undefined ? 200 : 206, {
    "Content-Type": "application/octet-stream",
    "Content-Length": last - first + 1,
    "Content-Range": `bytes ${first}-${last}/${file.bytes}`,
    "Cache-Control": "no-store",
  });
  const bytes = file.stream(first, last);
  bytes.once("error", () => response.destroy());
  response.once("close", () => bytes.destroy());
  bytes.pipe(response);
};

/** @param parent folder of temporary files; the system's by default */
export const weightRoute = (parent?: string): WeightRoute => {
  let file: WeightFile | undefined;
  const closing = new AbortController();
  const remove = () => {
    file?.remove();
    file = undefined;
  };

  const make = async (bytes: Bytes, response: ServerResponse): Promise<void> => {
    if (!Number.isInteger(bytes / WEIGHT_FILE_STEP) || bytes <= 0 || bytes > LARGEST_WEIGHT_FILE) {
      return say(response, 400, `expected a multiple of ${WEIGHT_FILE_STEP} bytes, at most ${LARGEST_WEIGHT_FILE}, got ${bytes}`);
    }
    remove();
    const made = await makeWeightFile(bytes, parent, closing.signal);
    if (closing.signal.aborted) return made.remove();
    file = made;
    sayJson(response, { storage: made.storage } satisfies MadeWeightFile);
  };

  const serve = async (request: IncomingMessage, url: URL, response: ServerResponse): Promise<void> => {
    const asked = `${request.method} ${url.pathname.slice(1)}`;
    if (asked === `POST ${WEIGHT_FILE_PATH}`) return make(Number(url.searchParams.get("bytes")), response);
    if (file === undefined) return say(response, 404, "no file of weights was made");
    switch (asked) {
      case `GET ${WEIGHT_FILE_PATH}`:
        return stream(file, request, response);
      case `POST ${WEIGHT_FILE_PATH}/read`:
        return sayJson(response, {
          seconds: await file.read(url.searchParams.get("from") === "disk" ? "disk" : "page-cache"),
        } satisfies ReadWeightFile);
      case `DELETE ${WEIGHT_FILE_PATH}`:
        remove();
        return sayJson(response, null);
      default:
        return say(response, 405, `${request.method} is nothing that a file of weights knows`);
    }
  };

  return {
    answer: (request, response) => {
      const url = new URL(request.url ?? "/", "http://127.0.0.1");
      if (!`${url.pathname}/`.startsWith(`/${WEIGHT_FILE_PATH}/`)) return false;
      // Other pages of the same user's other browsers can reach loopback too: they are not to fill the disk.
      if (request.headers["sec-fetch-site"] !== "same-origin") {
        say(response, 403, "only the measuring page may ask for the file of weights");
        return true;
      }
      serve(request, url, response).catch((error: unknown) => {
        if (response.headersSent) response.destroy();
        else say(response, error instanceof NoRoom ? 507 : 500, error instanceof Error ? error.message : String(error));
      });
      return true;
    },
    close: () => {
      closing.abort(new Error("the server was closed"));
      remove();
    },
  };
};
