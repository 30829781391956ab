/** What the rotation-scheduler works with, made by the composition root. */
import type { Principal } from '@keytrail/contracts';
import type { Log } from '@keytrail/service';
import type { Vault } from '../vault.client.js';
import type { OnEnded } from './rotation.metrics.js';
import type { RotationStore } from './rotation.store.js';
import type { RotationStreams } from './rotation.streams.js';

export const PARTS = Symbol('parts');

export interface RotationParts {
  readonly streams: RotationStreams;
  readonly store: RotationStore;
  readonly vault: Vault;
  /** In whose name the scheduler records what it does by itself. */
  readonly principal: Principal;
  readonly log: Log;
  readonly onEnded?: OnEnded;
}
