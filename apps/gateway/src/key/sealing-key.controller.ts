/** The vault's sealing key over HTTP. */
import type { SealingKeys } from '@keytrail/contracts';
import { Controller } from '@nestjs/common';
import { Route } from '../http/route.js';
import { Sealing } from '../rpc/sealing.js';
import { getSealingKey } from './sealing-key.routes.js';

@Controller()
export class SealingKeyController {
  constructor(private readonly sealing: Sealing) {}

  @Route(getSealingKey)
  get(): Promise<SealingKeys> {
    return this.sealing.published();
  }
}
