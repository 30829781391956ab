/** What a service's role may do in its database: nothing but what it is granted here. */

/** One statement that grants each of `rights`, such as `select on journal`, to the role `<database>_service`. */
export function grantToService(...rights: readonly string[]): string {
  const grants = ['usage on schema public', ...rights].map(
    (right) => `  execute format('grant ${right} to %I', current_database() || '_service');`,
  );
  return ['do $$', 'begin', ...grants, 'end $$;'].join('\n');
}
