/** A reply as it comes off the wire. */
import { parseReply, type RpcReply } from '@keytrail/contracts';

/** Null where the bytes are not a reply. */
const utf8 = new TextDecoder();

export function replyOf(bytes: Uint8Array): RpcReply | null {
  try {
    return parseReply(JSON.parse(utf8.decode(bytes)));
  } catch {
    return null;
  }
}
