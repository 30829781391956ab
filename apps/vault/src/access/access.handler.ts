/** Answers those who want many values at once. */
import type { DecryptBatchReply, DecryptReply, DecryptRequest, RpcReply } from '@keytrail/contracts';
import { faultOf, ok, refused } from '@keytrail/nats';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { AccessFlow, type Asked, askedBy, bytesIn, discard, type SessionRequest, type Settled } from './access.flow.js';

/** Many at once, of a request whose counter has been taken. */
export class ObtainSecrets extends Command<RpcReply<DecryptBatchReply>> {
  constructor(
    readonly requests: readonly DecryptRequest[],
    readonly rpc: SessionRequest,
  ) {
    super();
  }
}

/** What an item of the reply has beside its value, at most, and a refusal altogether. */
const ITEM_BYTES = 384;

@CommandHandler(ObtainSecrets)
export class ObtainSecretsHandler implements ICommandHandler<ObtainSecrets> {
  constructor(private readonly flow: AccessFlow) {}

  /** Nothing is recorded of what has no room in one reply; else each goes its own way. */
  async execute({ requests, rpc }: ObtainSecrets): Promise<RpcReply<DecryptBatchReply>> {
    const asked = askedBy(rpc, requests, true);
    const attempts = await this.flow.attemptAll(rpc, asked, Date.now());
    const spareBytes =
      rpc.replyBytes - attempts.reduce((sum, each) => sum + ITEM_BYTES + base64Length(bytesOf(each)), 0);
    if (spareBytes < 0) {
      for (const each of attempts) if (each.status === 'fulfilled') discard(each.value);
      return tooLarge;
    }
    const moreBytes = Math.floor((spareBytes / requests.length) * (3 / 4));
    const items = asked.map((each, i) => this.settle(each, attempts[i] as Settled, moreBytes));
    return ok({ items: await Promise.all(items) });
  }

  /** A value that has become longer meanwhile must leave room for the others. */
  private async settle(asked: Asked, attempt: Settled, moreBytes: number): Promise<RpcReply<DecryptReply>> {
    try {
      if (attempt.status === 'rejected') throw attempt.reason;
      return await this.flow.release(asked, attempt.value, bytesOf(attempt) + moreBytes);
    } catch (error) {
      const fault = faultOf(error);
      if (fault === null) throw error;
      return { ok: false, error: fault };
    }
  }
}

const bytesOf = (attempt: Settled): number => (attempt.status === 'fulfilled' ? bytesIn(attempt.value) : 0);

const base64Length = (bytes: number): number => Math.ceil(bytes / 3) * 4;

const tooLarge = refused('request.too_large', 'the values would not fit into one answer: ask for fewer at once');
