/** The text of what `act` throws: several messages fit into one inline snapshot. */
export const messageOf = (act: () => unknown): string => {
  try {
    act();
    return "accepted";
  } catch (error) {
    return String(error);
  }
};
