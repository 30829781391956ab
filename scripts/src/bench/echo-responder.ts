/**
 * The echo's own process, as the vault has its own: `node echo-responder.js <url> <principal> <seed file> <reply
 * file>`.
 */
import fs from 'node:fs';
import { mintConn } from '@keytrail/crypto';
import { connectRpc } from '@keytrail/nats';
import { serveEcho } from '@keytrail/nats/echo';

const [url = '', principal = '', seedFile = '', replyFile = ''] = process.argv.slice(2);
const seed = fs.readFileSync(seedFile, 'utf8');
const connection = await connectRpc({ url, principal, seed, conn: mintConn(), name: 'echo' });
const reply: unknown = JSON.parse(fs.readFileSync(replyFile, 'utf8'));
serveEcho(connection, 'vault', () => reply);
process.on('disconnect', () => void connection.close());
process.send?.('ready');
