// Choosing what is shown, and the value behind each mark. Everything is there without it.
(() => {
  'use strict';
  const all = (what, where) => [...(where || document).querySelectorAll(what)];
  const text = node => node.textContent.replace(/\u00a0/g, ' ').trim();

  // Choosing
  const form = document.getElementById('choose');
  if (form) {
    const [strategy, phase, workload] = all('select', form);
    const values = select => all('option', select).map(option => option.value).filter(Boolean);
    const strategies = new Set(values(strategy));
    const workloads = values(workload).sort((a, b) => b.length - a.length);
    const phases = all('option[data-of]', phase);
    const names = new Set(phases.map(option => option.value));
    const owner = head => workloads.find(name => head === name || head.startsWith(name + ' '));
    const headOf = cell => cell.firstChild ? text(cell.firstChild) : '';
    const tables = all('main table').map(table => {
      const figure = table.closest('figure');
      return {
        of: (table.closest('[data-s]') || {}).dataset,
        byWorkload: !table.closest('[data-w]') && /^t-(objectives|watch|answers|time|cost|edge-\d+-edges)/.test(figure.id),
        heads: all('thead th', table).map(headOf),
        rows: all('tbody tr', table).map(row => [row, headOf(row.firstElementChild)]),
        columns: all('thead tr', table)[0],
      };
    });
    const hidden = (name, chosen, set) => chosen && set.has(name) && name !== chosen;
    const apply = () => {
      const [s, p, w] = [strategy.value, phase.value, workload.value];
      for (const part of all('main [data-s], main [data-w]')) {
        const { s: of, w: by } = part.dataset;
        part.hidden = Boolean((s && of && of !== s) || (w && by && !by.split('|').includes(w)));
      }
      for (const { of, byWorkload, heads, rows, columns } of tables) {
        const own = p && of && of.s === s;
        const gone = heads.map((head, i) => i > 0 && (hidden(head, s, strategies) || (own && hidden(head, p, names))));
        gone.forEach((away, i) => { columns.children[i].hidden = Boolean(away); });
        for (const [row, head] of rows) {
          const by = byWorkload && w && owner(head);
          row.hidden = Boolean(hidden(head, s, strategies) || (own && hidden(head, p, names)) || (by && by !== w));
          gone.forEach((away, i) => { row.children[i].hidden = Boolean(away); });
        }
      }
    };
    const offer = () => {
      for (const option of phases) option.remove();
      for (const option of phases) if (option.dataset.of === strategy.value) phase.append(option);
      phase.value = '';
      phase.disabled = !strategy.value;
    };
    form.addEventListener('change', event => {
      if (event.target === strategy) offer();
      apply();
    });
    form.addEventListener('reset', () => setTimeout(() => { offer(); apply(); }));
    form.addEventListener('submit', event => event.preventDefault());
    // A browser may keep what was chosen when a page is loaded again.
    form.reset();
    offer();
    form.hidden = false;
  }

  // Values
  const tip = document.createElement('div');
  tip.id = 'tip';
  tip.hidden = true;
  tip.setAttribute('role', 'status');
  document.body.append(tip);
  for (const mark of all('.hit')) {
    const title = mark.querySelector('title');
    if (title) { mark.dataset.tip = title.textContent; title.remove(); }
  }
  for (const cell of all('td[title]')) {
    cell.dataset.tip = cell.title;
    cell.setAttribute('aria-description', cell.title);
    cell.removeAttribute('title');
  }
  let at = null;
  const leave = () => {
    if (at) at.classList.remove('at');
    at = null;
    tip.hidden = true;
  };
  const show = (mark, x, y) => {
    if (at !== mark) leave();
    at = mark;
    mark.classList.add('at');
    tip.textContent = mark.dataset.tip;
    tip.hidden = false;
    const room = document.documentElement.clientWidth - tip.offsetWidth - 8;
    tip.style.left = Math.max(8, Math.min(x + 12, room)) + 'px';
    const below = y + 18;
    tip.style.top = (below + tip.offsetHeight > innerHeight ? Math.max(4, y - tip.offsetHeight - 10) : below) + 'px';
  };
  const markOf = event => event.target.closest && event.target.closest('[data-tip]');
  document.addEventListener('pointermove', event => {
    const mark = markOf(event);
    if (mark) show(mark, event.clientX, event.clientY);
    else if (at && event.pointerType === 'mouse') leave();
  });
  document.addEventListener('pointerdown', event => {
    const mark = markOf(event);
    if (mark) show(mark, event.clientX, event.clientY); else leave();
  });
  for (const picture of all('.panel > svg')) picture.tabIndex = 0;
  document.addEventListener('focusout', leave);
  document.addEventListener('keydown', event => {
    if (event.key === 'Escape') { leave(); return; }
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const box = event.target.closest && event.target.closest('.scroll, .panel > svg');
    if (!step || !box || event.altKey || event.ctrlKey || event.metaKey) return;
    const marks = all('[data-tip]', box).filter(mark => mark.getClientRects().length > 0 && !mark.closest('[hidden]'));
    if (marks.length === 0) return;
    event.preventDefault();
    const next = marks[(marks.indexOf(at) + step + marks.length + (at || step > 0 ? 0 : 1)) % marks.length];
    next.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    const place = next.getBoundingClientRect();
    show(next, place.left + place.width / 2, place.top + place.height / 2);
  });
})();
