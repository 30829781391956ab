/** A line-based SQL prompt, for machines without psql. */
import { createInterface } from 'node:readline';
import { Client } from 'pg';

/** Runs `statement`, or without one every statement on standard input up to its `;`, and prints the rows. */
export async function sqlPrompt(url: string, statement?: string): Promise<void> {
  const client = new Client({ connectionString: url });
  client.on('error', (error) => print(error.message));
  await client.connect();
  try {
    if (statement === undefined) await readStatements(client);
    else await run(client, statement);
  } finally {
    await client.end();
  }
}

async function readStatements(client: Client): Promise<void> {
  const { isTTY } = process.stdin;
  const lines = createInterface({ input: process.stdin, output: process.stdout, terminal: isTTY });
  const prompt = (text: string) => {
    if (!isTTY) return;
    lines.setPrompt(text);
    lines.prompt();
  };
  let statement = '';
  prompt('sql> ');
  for await (const line of lines) {
    if (statement === '' && /^\s*(?:\\q|exit|quit)\s*$/.test(line)) break;
    statement += `${line}\n`;
    const isComplete = /;\s*$/.test(statement);
    if (isComplete) {
      await run(client, statement);
      statement = '';
    }
    prompt(isComplete ? 'sql> ' : '...> ');
  }
  lines.close();
}

async function run(client: Client, statement: string): Promise<void> {
  try {
    const answers = [await client.query({ text: statement, rowMode: 'array' })].flat();
    for (const { fields, rows, command, rowCount } of answers) {
      if (fields.length > 0) print([fields.map(({ name }) => name), ...rows].map(columns).join('\n'));
      print(`(${command} ${rowCount ?? ''})`.replace(' )', ')'));
    }
  } catch (error) {
    print(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}

const columns = (row: readonly unknown[]) => row.map((value) => shown(value)).join(' | ');

function shown(value: unknown): string {
  if (value === null) return '';
  if (Buffer.isBuffer(value)) return `\\x${value.toString('hex')}`;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
