/** Which scenarios are measured. */
import { describe, expect, it } from '@jest/globals';
import { chosenScenarios, PEAK, WHOLE_SYSTEM } from './scenario.js';

const namesOf = (only?: string, secrets = 100_000): readonly string[] =>
  chosenScenarios({ only, secrets }).scenarios.map(({ name }) => name);

describe('the ordinary run', () => {
  it('begins with the whole system, and has the peak and what is measured against it', () => {
    const { scenarios, atHalfOfPeak, manyInOne } = chosenScenarios({ secrets: 100_000 });
    expect(scenarios[0]).toBe(WHOLE_SYSTEM);
    expect(scenarios).toContain(PEAK);
    expect([atHalfOfPeak, manyInOne]).toEqual([true, true]);
  });

  it('makes no more than one secret of a size', () => {
    expect(chosenScenarios({ secrets: 100_000 }).scenarios.every(({ secrets }) => secrets === 1)).toBe(true);
  });
});

describe('a part of a name', () => {
  it('chooses those that have it, in capitals or not', () => {
    expect(namesOf('vaults')).toEqual(['2 vaults', '4 vaults']);
    expect(namesOf('WHOLE')).toEqual(['whole system']);
    expect(chosenScenarios({ only: 'WHOLE', secrets: 1 }).atHalfOfPeak).toBe(false);
  });

  it('brings the peak with what is measured against it', () => {
    const peak = { scenarios: [PEAK], atHalfOfPeak: false, manyInOne: false };
    expect(chosenScenarios({ only: 'half of', secrets: 1 })).toEqual({ ...peak, atHalfOfPeak: true });
    expect(chosenScenarios({ only: 'batch', secrets: 1 })).toEqual({ ...peak, manyInOne: true });
  });

  it('asks for many secrets, as many as are wanted', () => {
    expect(namesOf('zipf')).toEqual(['100,000 secrets, Zipf']);
    expect(chosenScenarios({ only: 'zipf', secrets: 2_000 }).scenarios).toMatchObject([
      { name: '2,000 secrets, Zipf', secrets: 2_000, replicas: 1, whole: false },
    ]);
  });

  it('that no name has is refused, and all names are told', () => {
    expect(() => chosenScenarios({ only: 'nothing', secrets: 1 })).toThrow(/"nothing".*\n {2}whole system\n/);
  });
});
