// The Studio has no pages of its own here: when it pushes another page's address into the history (after Run and Save As),
// that page is loaded. Changes of the query, which its lists make, stay what they are.
(function () {
    for (const name of ["pushState", "replaceState"]) {
        const original = history[name];
        history[name] = function (state, title, url) {
            const target = url == null ? null : new URL(url, document.baseURI);
            if (target && target.origin === location.origin && target.pathname !== location.pathname) {
                location.assign(target.href);
                return;
            }

            original.apply(history, arguments);
        };
    }

    // Some of its links begin at the root, as its pages do in a product of its own.
    for (const name of ["click", "auxclick", "contextmenu"]) {
        document.addEventListener(name, event => {
            const link = event.target.closest?.("#studio :is(a[href^='/workflows/definitions/'], a[href^='/workflows/instances/'])");
            if (link) {
                link.href = "/studio" + link.getAttribute("href");
            }
        }, true);
    }
})();
