/** Starts the gateway: NATS behind, HTTP in front. */
import { Conn } from '@keytrail/contracts';
import { mintConn } from '@keytrail/crypto';
import { connectRpc, rpcClient } from '@keytrail/nats';
import { createMetrics, httpMetrics, logBusStatus, nestLogger, type Log, type RunningService } from '@keytrail/service';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { adminToken } from './access/admin-token.js';
import type { Environment } from './environment.js';
import { GatewayModule } from './gateway.module.js';
import { ProblemFilter } from './http/problem.filter.js';
import { httpServer } from './http/server.js';
import { Upstream } from './rpc/upstream.js';

/** `url` is where it answers, whichever port was free. */
export interface Gateway extends RunningService {
  readonly url: string;
}

/** Rejects where NATS does not take the gateway's identity, or the port is not free. */
export async function startGateway(environment: Environment, log: Log): Promise<Gateway> {
  const principal = environment.KEYTRAIL_PRINCIPAL;
  const conn = Conn.parse(mintConn());
  const nats = await connectRpc({
    url: environment.KEYTRAIL_NATS_URL,
    seed: environment.KEYTRAIL_NATS_RPC_SEED_FILE,
    principal,
    conn,
    name: 'gateway',
    onStatus: logBusStatus(log, 'rpc'),
  });
  const metrics = createMetrics();
  const app = await NestFactory.create<NestFastifyApplication>(
    GatewayModule.of({
      upstream: new Upstream(rpcClient(nats, { principal, conn })),
      checks: [{ name: 'nats', check: () => nats.roundTrip() }],
      metrics,
    }),
    httpServer({
      authenticator: adminToken(environment.KEYTRAIL_ADMIN_TOKEN_SHA256),
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
