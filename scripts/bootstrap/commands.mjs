// The commands a person types, and what each needs before it runs.
import { inRoot } from './shell.mjs';

const script = (name) => ({
  servers: true,
  build: true,
  args: (rest) => ['--enable-source-maps', inRoot(`scripts/dist/${name}.js`), ...rest],
});

// Options that take a list come last: Jest takes every bare word behind them for one more of it.
const jest = (...options) => [
  '--experimental-vm-modules',
  '--disable-warning=ExperimentalWarning',
  inRoot('node_modules/jest/bin/jest.js'),
  ...options,
];

const without = (...patterns) => patterns.map((pattern) => `--testPathIgnorePatterns=${pattern}`);

/** By name: whether it needs nats-server (`servers`), the compiled sources (`build`), and Node's arguments for it. */
export const commands = {
  start: script('start'),
  dev: script('dev'),
  demo: script('demo'),
  bench: script('bench'),
  check: { ...script('check'), servers: false },
  'verify:promises': script('verify-promises'),
  decrypt: { ...script('decrypt'), servers: false },
  psql: { ...script('psql'), servers: false },
  logs: { ...script('logs'), servers: false },
  reset: { ...script('reset'), servers: false },
  test: { servers: true, build: true, args: (rest) => jest(...rest) },
  'test:unit': {
    servers: false,
    build: false,
    args: (rest) => jest(...rest, ...without('\\.int\\.spec\\.ts$', '/e2e/')),
  },
  e2e: { servers: true, build: true, args: (rest) => jest(...rest, '--selectProjects=e2e') },
};
