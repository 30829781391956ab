// Closes a test run with one plain line that people and machines can count on.

/** A Jest reporter. A suite that could not be loaded counts as one failure. */
export default class ClosingLine {
  onRunComplete(_contexts, results) {
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const skipped = results.numPendingTests + results.numTodoTests;
    const line = `${results.numPassedTests} passed, ${failed} failed, ${skipped} skipped\n`;
    // Jest adds its own summary behind whatever reporters say, so this waits until Jest has nothing left to say.
    process.once('exit', () => process.stdout.write(line));
  }
}
