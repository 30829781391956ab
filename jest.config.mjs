// All projects' tests in one run: what `npm test` runs.
export default {
  projects: ['<rootDir>/libs/*', '<rootDir>/apps/*', '<rootDir>/scripts', '<rootDir>/e2e'],
  reporters: ['default', '<rootDir>/scripts/closing-line.reporter.mjs'],
};
