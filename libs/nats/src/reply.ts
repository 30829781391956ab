/** A reply as it comes off the wire. */
import { parseReply, type RpcReply } from '@keytrail/contracts';

const utf8 = new TextDecoder();

/** Null where the bytes are not a reply. */
export function replyOf(bytes: Uint8Array): RpcReply | null {
  try {
    return parseReply(JSON.parse(utf8.decode(bytes)));
  } catch {
    return null;
  }
}
