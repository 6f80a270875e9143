/** What must be said first of anything that was measured on a software adapter; null for a GPU. */
export const notAGpuOrNull = ({ is_gpu, device }: { readonly is_gpu: boolean; readonly device: string }): string | null =>
  is_gpu ? null : `Not a GPU: ${device}. These numbers check the pipeline and say nothing of any GPU.`;
