/** Starts the gateway: NATS behind, HTTP in front. */
import { Conn } from '@keytrail/contracts';
import { mintConn } from '@keytrail/crypto';
import { connectRpc, nkeyCredential, rpcClient, sealingKeys } from '@keytrail/nats';
import {
  busTlsOf,
  createMetrics,
  httpMetrics,
  logBusStatus,
  nestLogger,
  serverIdentityOf,
  type Log,
  type RunningService,
} from '@keytrail/service';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { vaultAuthenticator } from './access/authenticator.js';
import { throttled } from './access/throttle.js';
import type { Environment } from './environment.js';
import { GatewayModule } from './gateway.module.js';
import { ProblemFilter } from './http/problem.filter.js';
import { httpServer } from './http/server.js';
import { Sealing } from './rpc/sealing.js';
import { Upstream } from './rpc/upstream.js';

/** `url` is where it answers, whichever port was free. */
export interface Gateway extends RunningService {
  readonly url: string;
}

/** Rejects where NATS does not take the gateway's identity, or the port is not free. */
export async function startGateway(environment: Environment, log: Log): Promise<Gateway> {
  const {
    KEYTRAIL_PRINCIPAL: principal,
    KEYTRAIL_NATS_RPC_SEED_FILE: seed,
    KEYTRAIL_VAULT_KEY: vaultKey,
  } = environment;
  const conn = Conn.parse(mintConn());
  const nats = await connectRpc({
    url: environment.KEYTRAIL_NATS_URL,
    seed,
    principal,
    conn,
    name: 'gateway',
    ...busTlsOf(environment),
    onStatus: logBusStatus(log, 'rpc'),
  });
  const client = rpcClient(nats, { principal, conn }, { vaultKey, credential: nkeyCredential(seed) });
  const sealing = new Sealing(sealingKeys(client, vaultKey), vaultKey);
  const metrics = createMetrics();
  const app = await NestFactory.create<NestFastifyApplication>(
    GatewayModule.of({
      upstream: new Upstream(client),
      sealing,
      checks: [{ name: 'nats', check: () => nats.roundTrip() }],
      metrics,
      log,
    }),
    httpServer({
      authenticator: throttled(vaultAuthenticator({ client, sealing, principal })),
      trustedProxies: environment.KEYTRAIL_TRUSTED_PROXIES,
      identity: serverIdentityOf(environment),
      log,
      onAnswer: httpMetrics(metrics),
    }),
    { logger: nestLogger(log), bodyParser: false, abortOnError: false },
  );
  app.useGlobalFilters(new ProblemFilter(log));
  await app.listen(environment.KEYTRAIL_HTTP_PORT, environment.KEYTRAIL_HOST);
  return {
    url: await app.getUrl(),
    close: async () => {
      await app.close();
      await nats.close();
    },
  };
}
