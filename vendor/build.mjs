// node build.mjs : build-time only. Output is committed; end users and CI never run npm.
import * as sass from 'sass';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync, rmSync } from 'node:fs';

const out = '../marac/web/static/vendor';
const moj = 'node_modules/@ministryofjustice/frontend/moj';
rmSync(out, { recursive: true, force: true });
mkdirSync(out + '/images', { recursive: true });

const files = {};
const put = (name, data) => {
  writeFileSync(`${out}/${name}`, data);
  files[name] = 'sha384-' + createHash('sha384').update(data).digest('base64');
};
const strip = (path) => readFileSync(path, 'utf8').replace(/\n?\/\/# sourceMappingURL=.*$/m, '');
const version = (name) => JSON.parse(readFileSync(`node_modules/${name}/package.json`)).version;

const css = sass.compile('app.scss', { style: 'compressed', loadPaths: ['.', 'node_modules'], quietDeps: true }).css;
if (/GDS Transport|fonts\//.test(css)) throw new Error('GDS Transport leaked into CSS');
put('app.css', css.replaceAll('./images/govuk-crest.svg', ''));
put('govuk-frontend.min.js', strip('node_modules/govuk-frontend/dist/govuk/govuk-frontend.min.js'));
put('moj-sortable-table.mjs', strip(`${moj}/components/sortable-table/sortable-table.bundle.mjs`));
put('moj-filter-toggle-button.mjs', strip(`${moj}/components/filter-toggle-button/filter-toggle-button.bundle.mjs`));
const icons = ['icon-tag-remove-cross.svg', 'icon-tag-remove-cross-white.svg', 'icon-close-cross-black.svg',
  'icon-document.svg', 'icon-toggle-plus-minus.svg'];
for (const icon of icons) put('images/' + icon, readFileSync(`${moj}/assets/images/${icon}`));

const packages = Object.fromEntries(
  ['govuk-frontend', '@ministryofjustice/frontend', 'sass'].map((name) => [name, version(name)]));
writeFileSync(out + '/VENDOR.json', JSON.stringify({ packages, files }, null, 1) + '\n');
