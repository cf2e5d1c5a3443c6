//! What must hold before anything is touched: the checks of our own, and the seven checks and four prerequisites that the
//! article names, one by one. Where the article is wrong, the item says so.
