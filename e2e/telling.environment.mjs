// Tells a spec file whether one of its tests or hooks has failed, so that it can show what the services logged.
import { TestEnvironment } from 'jest-environment-node';

/** Sets `keytrailFailed` among the globals of the file. */
export default class TellingEnvironment extends TestEnvironment {
  handleTestEvent({ name }) {
    if (name === 'test_fn_failure' || name === 'hook_failure') this.global.keytrailFailed = true;
  }
}
