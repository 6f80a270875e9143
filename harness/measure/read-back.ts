/** Bytes of a GPU buffer. Offset and size are multiples of 4. */
export const readBack = async (device: GPUDevice, buffer: GPUBuffer, offset: number, size: number): Promise<Uint8Array<ArrayBuffer>> => {
  const readable = device.createBuffer({ size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
  try {
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer(buffer, offset, readable, 0, size);
    device.queue.submit([encoder.finish()]);
    await readable.mapAsync(GPUMapMode.READ);
    return new Uint8Array(readable.getMappedRange().slice(0));
  } finally {
    readable.destroy();
  }
};
