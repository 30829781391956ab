/** The upper bounds of the histograms that several rooms share. */

/** Of answers: a decrypt takes a millisecond or two, a deadline is ten seconds at most. */
export const ANSWER_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;

/** Of commits: one fsync at least, a second at most. */
export const COMMIT_SECONDS = [0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1] as const;

/** Of batches: up to the largest that any journal takes. */
export const BATCH_ITEMS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512] as const;
