// `npm run check`: does the repository keep its own rules?
import { join } from 'node:path';
import { check } from './check/command.js';

process.exitCode = check({
  root: join(import.meta.dirname, '../..'),
  args: process.argv.slice(2),
  print: console.log,
});
