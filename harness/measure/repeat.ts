/** Writes a block of bytes into a buffer over and over until it is full. Gigabytes cost the page one block and the GPU some copies. */
export const fillByRepeating = (device: GPUDevice, buffer: GPUBuffer, block: ArrayBufferView<ArrayBuffer>): void => {
  const source = device.createBuffer({ label: "block", size: block.byteLength, usage: GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST });
  device.queue.writeBuffer(source, 0, block);
  const encoder = device.createCommandEncoder();
  for (let offset = 0; offset < buffer.size; offset += block.byteLength) {
    encoder.copyBufferToBuffer(source, 0, buffer, offset, Math.min(block.byteLength, buffer.size - offset));
  }
  device.queue.submit([encoder.finish()]);
  source.destroy();
};
