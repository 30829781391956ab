/** What the API says of findings: what the anomaly-detector has noticed. */
import { Finding, FindingPage, GetFindingRequest, ListFindingsRequest } from '@keytrail/contracts';
import { route } from '../http/route-declaration.js';
import { finding, WORKSPACE } from '../story.js';

export const listFindings = route({
  id: 'listFindings',
  method: 'GET',
  path: '/api/v1/findings',
  tag: 'Findings',
  summary: 'List findings, newest first, a page at a time',
  query: ListFindingsRequest,
  answer: FindingPage,
  codes: ['journal.unavailable'],
  examples: {
    workspace: {
      summary: "What was noticed of one workspace's secrets",
      query: { workspace: WORKSPACE, rule: 'access_rate_minute', limit: 10 },
      answer: { items: [finding], nextCursor: null },
    },
  },
  links: { newest: { operation: 'getFinding', parameters: { id: '/items/0/id' } } },
});

export const getFinding = route({
  id: 'getFinding',
  method: 'GET',
  path: '/api/v1/findings/{id}',
  tag: 'Findings',
  summary: 'Show one finding',
  params: GetFindingRequest,
  query: ListFindingsRequest.pick({ workspace: true }),
  answer: Finding,
  codes: ['finding.not_found', 'journal.unavailable'],
  examples: {
    ongoing: { summary: 'More accesses than a rule allows', params: { id: finding.id }, answer: finding },
    absent: {
      summary: 'A finding that never was',
      params: { id: '019c13f1-31e0-7000-8000-000000000000' },
      refusal: { code: 'finding.not_found', detail: 'there is no such finding' },
    },
  },
});
