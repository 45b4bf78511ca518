/** Recorded results: `UPDATE_GOLDEN=1 npm test` writes them anew, then read the diff. Never in CI. */
export const UPDATE = process.env["UPDATE_GOLDEN"] === "1" && !process.env["CI"];
