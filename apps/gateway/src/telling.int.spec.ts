/** What the gateway tells a scraper, and whom it tells it. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type MetricSample, misplacedSamples, samplesOf } from '@keytrail/testing';
import { canary, reference, secret, startStage, token, type Stage } from './gateway.fixture.js';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage?.close());

const scrape = (authorization = `Bearer ${token}`) =>
  fetch(`${stage.gateway.url}/metrics`, { headers: { authorization } });

/** Scrapes left out. */
const answersIn = (page: string): readonly MetricSample[] =>
  samplesOf(page).filter(
    ({ name, labels }) => name === 'keytrail_http_request_seconds_count' && labels['route'] !== 'getMetrics',
  );

const countedIn = (page: string): number => answersIn(page).reduce((sum, { value }) => sum + value, 0);

describe('the metrics of a gateway', () => {
  it('tell how long each operation took by its declared name, and never of whom', async () => {
    await stage.ask('POST', '/api/v1/secrets', { body: secret() });
    await stage.ask('GET', `/api/v1/secrets/${reference}`);
    await stage.ask('GET', `/api/v1/secrets/${reference}`);
    await stage.ask('GET', '/api/v1/secrets/nonsense');
    await stage.ask('GET', `/${canary}`);
    await stage.ask('GET', `/api/v1/secrets/${reference}`, { headers: { authorization: `Bearer ${canary}` } });
    const response = await scrape();
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^text\/plain;.*version=0\.0\.4/);
    let page = await response.text();
    // An answer is counted once it is sent, which may be after it has arrived.
    while (countedIn(page) < 6) page = await (await scrape()).text();
    const answered = answersIn(page).map(
      ({ labels, value }) => `${labels['method']} ${labels['route']} ${labels['status']}: ${value}`,
    );
    expect(answered.toSorted()).toEqual([
      'GET getSecret 200: 2',
      'GET getSecret 400: 1',
      'GET getSecret 401: 1',
      'GET unknown 404: 1',
      'POST createSecret 201: 1',
    ]);
    expect(misplacedSamples(page, ['acme', reference, canary, stage.principal, 'nonsense'])).toEqual([]);
  });

  it('are told to nobody without the token', async () => {
    expect((await scrape('')).status).toBe(401);
    expect((await scrape('Bearer guessed')).status).toBe(401);
  });
});
