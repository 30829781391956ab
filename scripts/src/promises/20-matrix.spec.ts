/** What is read from the document, and that one which says less than all, or something else, is not taken. */
import { describe, expect, it } from '@jest/globals';
import { Permission } from '@keytrail/contracts';
import { accessDocument, isYes, matrixIn, processesIn, tablesUnder } from './20-matrix.js';

const document = accessDocument();
const without = (text: string | RegExp, put = '') => {
  const changed = document.replace(text, put);
  expect(changed).not.toBe(document);
  return changed;
};

describe('the matrix', () => {
  it('says something of every permission, in one of four words', () => {
    const matrix = matrixIn(document);
    expect([...matrix.keys()].toSorted()).toEqual(Permission.options.toSorted());
    expect(matrix.get('secret.create')).toEqual({
      internal_admin: 'yes',
      workspace_admin: 'delegated',
      security_analyst: 'no',
      auditor: 'no',
      service: 'no',
    });
    expect(matrix.get('token.issue')?.internal_admin).toBe('above');
  });
  it.each([
    ['that leaves a permission out', without(/\| `grant\.give`.*\n/), 'nothing of grant.give'],
    ['that names one that is none', without('`grant.give` ', '`grant.take` '), 'is not a permission'],
    ['with one twice', without('`grant.give` ', '`grant.list` '), 'nothing of grant.give'],
    ['with another word', without(/(`grant\.give` *\| )yes/, '$1sometimes'), '"sometimes" of internal_admin'],
    ['with an empty cell', without(/(`grant\.give` *\| )yes/, '$1   '), '"" of internal_admin and grant.give'],
    ['without a role', without('| auditor |', '| reader  |'), '"nothing" of auditor'],
    ['that is not there', without('## The matrix\n', '## A matrix\n'), 'no heading "The matrix"'],
  ])('%s is refused', (_, changed, said) => {
    expect(() => matrixIn(changed)).toThrow(said);
  });
});

describe('the sentence on the own processes', () => {
  it('says what each of them may', () => {
    expect(Object.fromEntries(processesIn(document))).toEqual({
      gateway: new Set(['session.authenticate', 'access.decide']),
      'rotation-scheduler': new Set(['secret.get', 'secret.generate_version', 'session.introspect']),
      audit: new Set(['session.introspect']),
      'anomaly-detector': new Set(['session.introspect']),
    });
  });
  it('that leaves one out, or is not there, is refused', () => {
    expect(() => processesIn(without('the audit and the\nanomaly-detector', 'the\nanomaly-detector'))).toThrow(
      'what audit may',
    );
    expect(() => processesIn(without('Of those the gateway', 'The gateway'))).toThrow(
      'what gateway, rotation-scheduler',
    );
  });
});

it('tables are read in their order, to the next heading and no further', () => {
  const text =
    '\n## One\n\n| a | b |\n| - | - |\n| `1`, `2` | no |\n\nBetween.\n\n| c |\n| - |\n| yes |\n\n## Two\n\nNone.\n';
  expect(tablesUnder(text, 'One')).toEqual([[{ a: '1, 2', b: 'no' }], [{ c: 'yes' }]]);
  expect(() => tablesUnder(text, 'Two')).toThrow('no table under "Two"');
});

it('a cell that says neither yes nor no is refused', () => {
  expect([isYes('yes'), isYes('no')]).toEqual([true, false]);
  expect(() => isYes('perhaps')).toThrow('"perhaps"');
  expect(() => isYes(undefined)).toThrow('"undefined"');
});
