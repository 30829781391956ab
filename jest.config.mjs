// All projects' tests in one run: what `npm test` runs.
export default {
  projects: ['<rootDir>/libs/*', '<rootDir>/apps/*', '<rootDir>/scripts', '<rootDir>/e2e'],
  // Journeys wait more than they compute.
  maxWorkers: '100%',
  // Of the projects' own settings Jest overlooks this one.
  testTimeout: 120_000,
  reporters: ['default', '<rootDir>/scripts/closing-line.reporter.mjs'],
};
