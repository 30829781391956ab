/**
 * Preloaded into a process that is to be profiled: the first SIGUSR2 begins, the next one writes what was sampled, as
 * `.cpuprofile`, to the file that the URL of this module names (`?to=`), and so on in turn.
 */
import fs from 'node:fs';
import { type Profiler, Session } from 'node:inspector/promises';

const INTERVAL_US = 200;

let session: Session | null = null;

process.on('SIGUSR2', () => void (session === null ? begin() : end(session)));

async function begin(): Promise<void> {
  session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: INTERVAL_US });
  await session.post('Profiler.start');
}

async function end(running: Session): Promise<void> {
  session = null;
  const { profile }: { profile: Profiler.Profile } = await running.post('Profiler.stop');
  running.disconnect();
  fs.writeFileSync(new URL(import.meta.url).searchParams.get('to') as string, JSON.stringify(profile));
}
