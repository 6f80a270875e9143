/** Profile, device model, run and plan as plain text for a terminal. */
export { deviceModelText } from "./device-model-text.ts";
export { PLAIN, type Style } from "./layout.ts";
export { planText } from "./plan-text.ts";
export { profileText } from "./profile-text.ts";
export { runText } from "./run-text.ts";
