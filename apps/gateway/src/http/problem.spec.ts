/** How refusals and errors become problem documents. */
import { MalformedJson, type Code, type RequestId } from '@keytrail/contracts';
import { BadRequestException, HttpException, NotFoundException } from '@nestjs/common';
import { describe, expect, it } from '@jest/globals';
import { canarySecret } from '@keytrail/testing';
import { refusalOf } from './problem.filter.js';
import { Problem, problemHeaders, problemOf, Refusal, STATUS, textOf } from './problem.js';

const requestId = 'request-1' as RequestId;

describe('a problem', () => {
  it.each(Object.entries(STATUS))('of %s has the status %i and every member of RFC 9457', (code, status) => {
    const problem = problemOf(new Refusal(code as Code, 'a sentence'), requestId);
    expect(Problem.parse(problem)).toMatchObject({
      type: `urn:keytrail:problem:${code}`,
      status,
      detail: 'a sentence',
      instance: 'urn:keytrail:request:request-1',
      code,
      requestId,
    });
    expect(status).toBeGreaterThanOrEqual(400);
    expect(problem.title).not.toBe('Error');
  });

  it('keeps a code that a newer service has sent', () => {
    expect(problemOf(new Refusal('secret.frozen' as Code, 'x'), requestId)).toMatchObject({
      status: 500,
      code: 'secret.frozen',
    });
  });

  it('is sent without a key that a service has named in its sentence', () => {
    const key = canarySecret('anthropic', 'problem');
    const issues = [{ path: 'value', message: `is ${key}` }];
    const sent = textOf(problemOf(new Refusal('internal', `cannot use ${key}`, issues), requestId));
    expect(JSON.parse(sent)).toMatchObject({
      detail: 'cannot use sk-ant-api03-...[REDACTED]',
      issues: [{ message: 'is sk-ant-api03-...[REDACTED]' }],
    });
  });

  it('lists issues where there are some', () => {
    const issues = [{ path: 'slug', message: 'is missing' }];
    expect(problemOf(new Refusal('request.malformed', 'x', issues), requestId).issues).toEqual(issues);
  });

  it.each([
    ['auth.missing', { 'www-authenticate': 'Bearer' }],
    ['auth.invalid', { 'www-authenticate': 'Bearer error="invalid_token"' }],
    ['service.unavailable', { 'retry-after': '1' }],
  ] as const)('of %s says what to do next in a header', (code, headers) => {
    expect(problemHeaders(problemOf(new Refusal(code, 'x'), requestId))).toMatchObject(headers);
  });
});

describe('an error', () => {
  const fastify = (code: string, statusCode: number): Error =>
    Object.assign(new Error('canary'), { name: 'FastifyError', code, statusCode });

  it.each([
    [new Refusal('access.denied', 'x'), 'access.denied'],
    [new MalformedJson('the body is not valid JSON'), 'request.malformed'],
    [new NotFoundException('Cannot GET /canary'), 'request.unknown_operation'],
    [fastify('FST_ERR_CTP_BODY_TOO_LARGE', 413), 'request.too_large'],
    [new HttpException('canary', 413, { cause: fastify('FST_ERR_CTP_BODY_TOO_LARGE', 413) }), 'request.too_large'],
    [fastify('FST_ERR_BAD_URL', 400), 'request.malformed'],
    [new BadRequestException('canary'), 'request.malformed'],
    [new Error('canary'), 'internal'],
    ['canary', 'internal'],
    [null, 'internal'],
  ])('%s is answered by its code, and its text stays inside', (error, code) => {
    const refusal = refusalOf(error);
    expect(refusal.code).toBe(code);
    expect(refusal.message).not.toContain('canary');
  });
});
