/** The numbers several rooms must agree on; units stand last in each name. */
export const LIMITS = {
  secretValueBytes: 65_536,
  requestBytes: 98_304,
  eventBodyBytes: 32_768,
  referenceCharacters: 140,
  deadlineDefaultMs: 2_000,
  deadlineMaxMs: 10_000,
  queueLength: 4_096,
  pageDefaultItems: 50,
  pageMaxItems: 1_000,
  jsonDepth: 32,
  describedVersions: 100,
  versionsPerSecret: 10_000,
} as const;
