/** `npm run decrypt -- <reference>`: a person asks the running system for a value, as any internal service would. */
import { parseArgs } from 'node:util';
import { KeytrailError } from '@keytrail/client';
import { readDevFile } from './dev-file.js';
import { callerNames, connectAs } from './local-callers.js';
import { localState, stateFolder } from './state-folder.js';

const usage = `npm run -s decrypt -- <reference> [--version <n>] [--purpose <text>] [--as <caller>]

Obtains a value from the Keytrail that npm start runs. The value goes to stdout as it is, the receipt to stderr.

  --version <n>      an older version (the current one)
  --purpose <text>   why; it stands in the audit
  --as <caller>      billing, chatbot, batch, cli or analyst, who may not (cli)

Exits 0 with the value, 1 when it is refused, 2 when the arguments or the system are not as they should be.`;

/** The arguments do not fit, or there is no system to ask. */
class CannotAsk extends Error {
  override readonly name = 'CannotAsk';
}

function readArguments() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      version: { type: 'string' },
      purpose: { type: 'string' },
      as: { type: 'string', default: 'cli' },
      help: { type: 'boolean', default: false },
    },
  });
  const [reference, ...more] = positionals;
  if (!values.help && (reference === undefined || more.length > 0)) throw new CannotAsk(usage);
  return { ...values, reference: reference ?? '' };
}

async function decrypt({ reference, version, purpose, as }: ReturnType<typeof readArguments>): Promise<void> {
  const system = readDevFile(stateFolder(localState).devFile);
  if (system === null) throw new CannotAsk('no Keytrail runs here: start it with npm start');
  const caller = callerNames.find((name) => name === as);
  if (caller === undefined) throw new CannotAsk(`--as takes one of ${callerNames.join(', ')}`);
  const keytrail = await connectAs(system, caller);
  try {
    const options = { ...(version && { version: Number(version) }), ...(purpose && { purpose }) };
    const value = await keytrail.decrypt(reference, options);
    process.stderr.write(`version ${value.version}, receipt ${JSON.stringify(value.receipt)}\n`);
    process.stdout.write(process.stdout.isTTY ? `${value.text()}\n` : Buffer.from(value.bytes));
    value.destroy();
  } finally {
    await keytrail.close();
  }
}

try {
  const asked = readArguments();
  if (asked.help) process.stdout.write(`${usage}\n`);
  else await decrypt(asked);
} catch (error) {
  const refused = error instanceof KeytrailError;
  process.stderr.write(
    `${refused ? `${error.code}: ` : ''}${error instanceof Error ? error.message : String(error)}\n`,
  );
  process.exitCode = refused ? 1 : 2;
}
