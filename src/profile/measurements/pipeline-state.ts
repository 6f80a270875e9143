import { z } from "zod";

/**
 * What the caches on the way hold when a pipeline is compiled, from nothing to all.
 *
 * - `cold`: nothing; the text is new to the browser and to the driver. In a fresh process both keep their caches in folders that were empty.
 * - `disk-warm`: the folders that an earlier process of the browser left, which compiled the same texts.
 * - `process-warm`: the same browser process compiled the same texts for another device.
 * - `hot`: the same device still has the same pipeline.
 */
export const pipelineStateSchema = z.enum(["cold", "disk-warm", "process-warm", "hot"]);
export type PipelineState = z.infer<typeof pipelineStateSchema>;
