import { z } from "zod";
import { inProcesses, measuredAt, samples, seconds } from "./common.ts";
import { uploadWay } from "./upload.ts";

/**
 * A file of random bytes streamed from disk through the page to the GPU, as a cold start does, and each stage of that way alone.
 * All samples move the same `bytes`.
 */
export const loadPipelineSchema = z.strictObject({
  ...measuredAt,
  kind: z.literal("load-pipeline"),
  ...uploadWay,
  bytes: z.int().min(1),
  storage: z.enum(["disk", "memory"]).meta({
    description:
      "What the folder of temporary files lies on. disk: the file had just been written, so that all samples but `disk_s` come from the system's page cache. memory: a file system without a disk (tmpfs)",
  }),
  disk_s: samples
    .nullable()
    .meta({ description: "Read from the disk itself, past the page cache (O_DIRECT); null where the system has no such way" }),
  page_cache_s: samples.meta({ description: "Read by the server's process from the page cache" }),
  transfer_s: samples.meta({ description: "Fetched by the page over loopback, read and dropped" }),
  upload_s: samples.meta({ description: "Brought from the page's memory into fresh GPU buffers" }),
  pipelined: z
    .array(
      z
        .strictObject({
          total_s: seconds,
          waiting_for_file_s: seconds.meta({ description: "Nothing to hand on: the file's next bytes had not come" }),
          handing_over_s: seconds.meta({ description: "In the calls that hand bytes to the browser's GPU process" }),
          waiting_for_gpu_s: seconds.meta({ description: "As much under way as may be, and at the end until the GPU has all of it" }),
        })
        .meta({ description: "One stream from file to fresh GPU buffers, and what the page did meanwhile" }),
    )
    .min(1),
  ...inProcesses,
  verified: z.literal(true).meta({ description: "The bytes were read back from the GPU and compared with the file's" }),
});
