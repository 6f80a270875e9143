import { parseHTML } from "linkedom";
import type { SvgDocument } from "../src/report/html/chart.ts";

/** A document to draw charts into, in Node. */
export const makeDocument = (): SvgDocument => parseHTML("<!doctype html><html><body></body></html>").document;
