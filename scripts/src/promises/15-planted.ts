/** A decoy in every kind of place and in every encoding: a search that does not find it has looked at nothing. */
import fs from 'node:fs';
import path from 'node:path';
import { encodingsOf } from '@keytrail/testing';
import type { System } from '../system.js';
import { endsOf, everyFormOf, type Canary } from './15-canaries.js';
import { query } from './records.js';

export interface Planting {
  /** As the search calls them. */
  readonly places: readonly string[];
  /** To be put among the answers. */
  readonly answer: { readonly place: string; readonly bytes: Buffer };
  remove(): Promise<void>;
}

export async function plant(system: System, decoy: Canary): Promise<Planting> {
  const { dir, data, logs } = system;
  const forms = endsOf(decoy).flatMap((end) => [...encodingsOf(end).values()]);
  const bytes = everyFormOf(decoy);
  const folders = [path.join(data.postgres, 'base'), data.nats, logs];
  const files = folders.map((folder) => path.join(folder, 'planted'));
  for (const file of files) fs.writeFileSync(file, bytes);
  const url = system.databaseUrl('audit');
  await query(url, 'create table planted (form text)');
  for (const form of forms) await query(url, 'insert into planted values ($1)', [form.toString()]);
  const answer = { place: 'answers', bytes };
  return {
    places: [...files.map((file) => path.relative(dir, file)), 'audit: public.planted', answer.place],
    answer,
    remove: async () => {
      for (const file of files) fs.rmSync(file);
      await query(url, 'drop table planted');
    },
  };
}
