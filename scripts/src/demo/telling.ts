/** What a person reads while the demo runs: what happens, and the command behind each step. */
import type { System } from '../system.js';

/** Whose token a command bears; each has theirs in a file, `<name>.header`. */
export type Asker = 'admin' | 'analyst';

export interface Telling {
  readonly say: (line: string) => void;
  /** `request` is what follows the header; `~` stands for the API. */
  readonly curl: (asker: Asker, request: string) => void;
}

export function tellingOf({ gatewayUrl }: System, say: (line: string) => void): Telling {
  return {
    say,
    curl: (asker, request) => say(`     curl -H @${asker}.header ${request.replace('~', `${gatewayUrl}/api/v1`)}`),
  };
}
