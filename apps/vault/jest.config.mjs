import preset from '../../jest.preset.mjs';

export default { ...preset, displayName: 'vault', rootDir: import.meta.dirname };
